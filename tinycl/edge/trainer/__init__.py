"""Training from workspace with numpy alone: what a Linux board runs."""

from tinycl.edge.trainer.trainer import Trainer

__all__ = ["Trainer"]
