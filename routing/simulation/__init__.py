"""What a contact center would do: the production floor on a virtual clock.

`scenario` says what is simulated, `center` plays it, `tally` counts, `study` repeats it and
gives every figure with its confidence interval. `formulas` has the closed forms to hold it to.
"""
