/* SPDX-License-Identifier: MIT */
// cflags: -lm
/* Floating point in the application: arithmetic, printing, parsing, rounding modes. */
#include <fenv.h>
#include <math.h>
#include "t.h"

int main(void)
{
	volatile double x = 0.1, y = 3.0;
	volatile long double l = 1.0L;

	printf("%.17g %.17g %.17g\n", x + 0.2, x / y, sqrt(2.0));
	printf("%a %e %g\n", sin(1.0), exp(10.0), pow(2.0, 0.5));
	printf("%.20Lg\n", l / 3);
	printf("%.17g %.17g\n", strtod("1.7976931348623157e308", NULL), strtod("4.9e-324", NULL));
	fesetround(FE_UPWARD);
	printf("%.17g\n", x / y);
	fesetround(FE_TONEAREST);
	feclearexcept(FE_ALL_EXCEPT);
	x = 1.0 / (y - 3.0);
	printf("%f, division by zero noted: %d\n", x, fetestexcept(FE_DIVBYZERO) != 0);
	return 0;
}
