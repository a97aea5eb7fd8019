/* SPDX-License-Identifier: MIT */
/*
 * Comes before libstdc++'s header of this name.  Debian's libstdc++ is built for glibc and looks
 * into glibc's locale objects: streams would link, and then read wild pointers.
 */
#ifndef MVM_LOCALE_CLASSES_H
#define MVM_LOCALE_CLASSES_H
#error <iostream>, <sstream>, <locale>, <regex> and the like do not work in mvm-c++: use <cstdio>
#include <mvm-cxx-has-no-locale>	/* is not there: an end to the errors that would follow */
#endif
