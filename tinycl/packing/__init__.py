"""The runtime as boards get it: a few compact files in place of many readable ones.

parts -> merge -> constants -> unused -> names -> source of one file a part
"""
