# SPDX-License-Identifier: MIT
.PHONY: mvm-cc
mvm-cc:
