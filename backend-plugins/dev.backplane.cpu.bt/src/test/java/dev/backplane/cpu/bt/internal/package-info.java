/** The backend as the kernel sees it. */
@NullMarked
package dev.backplane.cpu.bt.internal;

import org.jspecify.annotations.NullMarked;
