"""Times as the API writes them, and waiting for them. A stamp is cut to the second, so `soon()` leaves more than three
seconds for the request that carries it, however slow the machine."""

import calendar
import time

FORMAT = "%Y-%m-%dT%H:%M:%SZ"


def stamp(seconds):
    return time.strftime(FORMAT, time.gmtime(time.time() + seconds))


def soon():
    return stamp(4)


def wait_past(*stamps):
    latest = max(calendar.timegm(time.strptime(text, FORMAT)) for text in stamps)
    time.sleep(max(0, latest - time.time()) + 0.05)
