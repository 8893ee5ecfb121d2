"""Whether saved objects and alerting rules fit our index and what Kibana expects, told without a Kibana.

`kirkuk setup --kibana` sends nothing in which `object_faults` or `rule_faults` finds something. A fault is a text that
names the object, the place in it and what is wrong.
"""

from schemas.kibana_checks.objects import object_faults
from schemas.kibana_checks.rules import rule_faults

__all__ = ["object_faults", "rule_faults"]
