/** The virtual machine generation identifier (vmgenid). */
@NullMarked
package dev.backplane.device.vmgenid.internal;

import org.jspecify.annotations.NullMarked;
