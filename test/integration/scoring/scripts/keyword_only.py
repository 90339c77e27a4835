def init():
    pass


def run(*, data="unused", request_headers):
    return [data, request_headers.get("X-One")]
