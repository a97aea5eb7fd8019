/* SPDX-License-Identifier: MIT */
// mvm-args: -v
// expect-stderr: asked for and refused; --allow-wx
/* Memory that is writable and executable is refused, at once and by mprotect (DESIGN: W^X). */
#include "wx.h"

int main(void)
{
	return try_wx();
}
