/** What translated code needs of the host. */
@NullMarked
package dev.backplane.cpu.bt.internal.host;

import org.jspecify.annotations.NullMarked;
