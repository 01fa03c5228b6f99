"""CloudFormation's SAM transform: a template in, plain CloudFormation out. `running.sam_transform` is its command."""

import json
import sys
from types import SimpleNamespace

from samtranslator.translator.transform import transform

if __name__ == "__main__":
    json.dump(transform(json.load(sys.stdin), {}, SimpleNamespace(load=dict)), sys.stdout)
