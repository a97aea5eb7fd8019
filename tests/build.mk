# SPDX-License-Identifier: MIT
# How the tests are built and run. The top Makefile calls the goals tests-run and bench-run
# after it made sure of the packages.
