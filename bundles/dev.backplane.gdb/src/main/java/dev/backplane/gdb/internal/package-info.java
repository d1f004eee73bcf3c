/** The server: addresses, packets, registers, and the conversation with one gdb. */
@NullMarked
package dev.backplane.gdb.internal;

import org.jspecify.annotations.NullMarked;
