"""A WS2812 (NeoPixel) has the colour of the class that the board sees."""

from hardware import light, sensor
from tinycl_rt.device import Device

device = Device()
device.open()
learner = device.need()
pixels = bytearray(learner.model.input_bytes)

while True:
    sensor.read(pixels)
    light.show(learner.predict(pixels))
