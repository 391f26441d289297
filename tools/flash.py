"""Put tinycl on a board; the same as ``tinycl flash``.

python tools/flash.py --port /dev/ttyACM0 --model model.tcm
python tools/flash.py --help
"""

import sys

from tinycl.cli import main

if __name__ == "__main__":
    sys.argv = ["tinycl", "flash", *sys.argv[1:]]
    main()
