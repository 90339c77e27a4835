import time


def init():
    pass


def busy():
    while True:
        pass


def swallowed():
    try:
        time.sleep(10)
    except Exception as error:
        return "caught " + type(error).__name__


def raised():
    raise TimeoutError("of the script")


DOES = {
    "sleep": lambda: time.sleep(10),
    "busy": busy,
    "swallowed": swallowed,
    "raised": raised,
    "quick": lambda: "in time",
}


def run(data):
    return DOES[data]()
