"""Binary neural networks small enough for a microcontroller.

Modules that need TensorFlow import it when they are imported themselves, so this package stays
cheap: ask for ``tinycl.models.backbone`` and the like by name.
"""
