import sys,time
sys.path[:0]=["tests/system","tests/peer"]
from xen import XenHost
from enso import Host
h=XenHost("x","/tmp/xx",mem=1024,archive="tests/peer/archive.cpio")
try:
    h.start(timeout=60)
    h.first_domain()
    for i in range(100):
        for i in range(10):
            h.cli(f"create hello.cfg -q name=h{i}",timeout=8)
        h.cli("destroy", *[f"h{i}" for i in range(10)],timeout=8)
        print(h.free_frames())
except AssertionError as e:
    print(e)
    h.send("\x01\x01\x01"); time.sleep(1)
    for k in "0qrea": h.send(k); time.sleep(1)
    time.sleep(1)
    h.serial.expect("zzzz|$",2)
    try: h.serial.expect("zzzz",3)
    except Exception: pass
    print(h.serial.before[-30000:])
finally: h.stop()
