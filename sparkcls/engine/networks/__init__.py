"""Forward passes, a module each; `sparkcls.families.family.Family.network` names a family's.

Written out instead of taken from `transformers` for what every Spark worker pays: importing a model class there costs
7 s and 130 MB of private memory a process, as much again as torch itself; and for speed: tokens are packed and the
linear layers fused (`sparkcls.engine.kernels`). They are proven equal to `transformers` in the tests.
"""
