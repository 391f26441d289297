"""Learn from buttons and save; after a power cut the board continues where it was."""

from hardware import buttons, sensor
from tinycl_rt.config import Config
from tinycl_rt.device import Device

device = Device(autosave=16, config=Config(classes=4, replay_slots=50))
device.open()  # the model, and the state saved for it
print(device.warning or "%d samples learned so far" % device.need().learned)
learner = device.need()
pixels = bytearray(learner.model.input_bytes)

while True:
    sensor.read(pixels)
    held = [name for name in buttons if buttons[name].pressed()]
    if held:
        learner.learn(pixels, held[0])
        device.learned()  # saves every 16 samples
    elif learner.is_open:
        learner.end()
        device.learned()
        print("saved" if device.save() else device.warning)
