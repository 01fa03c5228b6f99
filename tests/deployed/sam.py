"""CloudFormation's SAM transform: a template comes in, plain CloudFormation goes out. `running.sam_python` runs it."""

import json
import sys
from types import SimpleNamespace

from samtranslator.translator.transform import transform

if __name__ == "__main__":
    json.dump(transform(json.load(sys.stdin), {}, SimpleNamespace(load=dict)), sys.stdout)
