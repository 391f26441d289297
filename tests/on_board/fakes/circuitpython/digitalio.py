"""What the examples use of CircuitPython's digitalio, on a recording."""

import recording


class Pull:
    UP = "up"


class DigitalInOut:
    def __init__(self, pin):
        self.pin = pin
        self.pull = self.is_output = None

    def switch_to_input(self, pull=None):
        self.pull = pull

    def switch_to_output(self):
        self.is_output = True

    @property
    def value(self):
        assert self.pull == Pull.UP
        return not recording.held(self.pin)
