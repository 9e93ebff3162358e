"""Profiles of hypothesis: quick by default, `HYPOTHESIS_PROFILE=fuzz` for many more examples."""

import os

from hypothesis import HealthCheck, Phase, settings

# The same examples in every run, so that a change is what makes a test fail; `fuzz` draws others each time.
settings.register_profile(
    "default", derandomize=True, max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.register_profile("fuzz", max_examples=5000, deadline=None, suppress_health_check=list(HealthCheck))
# For tests that run once for each mutant: few, and the first that fails will do.
settings.register_profile(
    "mutants", settings.get_profile("default"), max_examples=15, phases=[Phase.explicit, Phase.generate]
)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "default"))

# Programs that are run, not imported.
collect_ignore = ["clients", "fuzz", "mutation", "distribution/smoke.py"]
