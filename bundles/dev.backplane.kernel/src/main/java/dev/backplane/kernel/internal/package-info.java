/** Life cycle, bays, plans and wiring of virtual machines. */
@NullMarked
package dev.backplane.kernel.internal;

import org.jspecify.annotations.NullMarked;
