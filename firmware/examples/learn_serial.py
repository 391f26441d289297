"""A laptop teaches over serial (tinycl stream), while the light shows what the board sees."""

from hardware import light, sensor
from tinycl_rt.device import Device
from tinycl_rt.link.streams import default
from tinycl_rt.service.service import Service

device = Device()
device.open()
stream = default()
service = Service(stream, device, max_payload=1024)
pixels = b""

stream.open()
while not service.done:  # until the laptop says goodbye
    service.poll_once(20)
    learner = device.learner
    if learner and learner.learned:
        if len(pixels) != learner.model.input_bytes:  # the first time, or another model
            pixels = bytearray(learner.model.input_bytes)
        sensor.read(pixels)
        light.show(learner.predict(pixels))
stream.close()
device.save()
