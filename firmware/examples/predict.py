"""Predict with what this board has learned and saved before; do not learn."""

from hardware import sensor
from tinycl_rt.device import Device

device = Device()
device.open()
learner = device.need()  # an error that says what is missing, if there is no model
if device.warning:
    print(device.warning)
pixels = bytearray(learner.model.input_bytes)

while True:
    sensor.read(pixels)
    print(learner.predict_name(pixels))
