"""Training backbones on a laptop; needs the extra ``tinycl[train]``."""
