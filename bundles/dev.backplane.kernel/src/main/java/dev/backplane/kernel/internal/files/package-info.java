/** Files of the host that hold disks, and the locks on them. */
@NullMarked
package dev.backplane.kernel.internal.files;

import org.jspecify.annotations.NullMarked;
