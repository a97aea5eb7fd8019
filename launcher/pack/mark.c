/* SPDX-License-Identifier: MIT */
/* The launcher's mark.  See format.h. */
#include <generated/version.h>
#include "appliance.h"

const volatile struct mark appliance_mark __attribute__((section(MARK_SECTION), used)) = {
	.magic = { 'm', 'v', 'm', '-', 'm', 'a', 'r', 'k' },
	.mvm = MVM_VERSION,
	/* As in feature_names. */
	.features = {
		IS_ENABLED(CONFIG_DIR), IS_ENABLED(CONFIG_DISK), IS_ENABLED(CONFIG_LISTEN),
		IS_ENABLED(CONFIG_CONNECT), IS_ENABLED(CONFIG_TIMEOUT), IS_ENABLED(CONFIG_POLL),
		IS_ENABLED(CONFIG_ARCHIVE), IS_ENABLED(CONFIG_ROOT), IS_ENABLED(CONFIG_TRAP),
		IS_ENABLED(CONFIG_SNAPSHOT),
	},
};
