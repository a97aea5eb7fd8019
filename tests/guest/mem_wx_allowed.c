/* SPDX-License-Identifier: MIT */
// mvm-args: --allow-wx
/* With --allow-wx memory may be writable and executable, as on Linux. */
#include "wx.h"

int main(void)
{
	return try_wx();
}
