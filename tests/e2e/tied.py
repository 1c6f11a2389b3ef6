"""Runs a module as a program that ends with the one that started it, also where that is killed: its standard input closes then.

    python tied.py moto.server -p 5000
"""

import os
import runpy
import sys
import threading


def end_with_the_input():
    sys.stdin.buffer.read()
    os._exit(0)


threading.Thread(target=end_with_the_input, daemon=True).start()
sys.argv = sys.argv[1:]
runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)
