/** The NVMe controller (nvme). */
@NullMarked
package dev.backplane.device.nvme.internal;

import org.jspecify.annotations.NullMarked;
