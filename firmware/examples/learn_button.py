"""Learn what the sensor sees while a button is held; without a button print what it sees.

Each button is a class, called as hardware.py calls the button.
"""

from hardware import buttons, sensor
from tinycl_rt import Learner

learner = Learner("model.tcm", classes=max(2, len(buttons)), replay_slots=50)
pixels = bytearray(learner.model.input_bytes)

while True:
    sensor.read(pixels)
    held = [name for name in buttons if buttons[name].pressed()]
    if held:
        learner.learn(pixels, held[0])
    elif learner.is_open:
        learner.end()  # consolidate what was learned while the button was held
    elif learner.learned:
        print(learner.predict_name(pixels))
