"""Show the colour of the class that the board sees on a WS2812 (NeoPixel)."""

from hardware import light, sensor
from tinycl_rt.device import Device

device = Device()
device.open()
learner = device.need()
pixels = bytearray(learner.model.input_bytes)

while True:
    sensor.read(pixels)
    light.show(learner.predict(pixels))
