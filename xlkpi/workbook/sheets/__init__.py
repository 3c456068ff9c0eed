"""One module a sheet; each has `add(plan)`, which puts its cells into the workbook's plan; `whole` asks all of them."""
