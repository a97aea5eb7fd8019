# SPDX-License-Identifier: MIT
.PHONY: apps
apps:
