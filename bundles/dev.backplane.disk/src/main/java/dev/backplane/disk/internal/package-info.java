/**
 * The command {@code disk}, in qemu-img's spirit. Each subcommand is a class; {@code Blocks} knows what a chain of images holds where, {@code
 * Copier} moves it, and what only some formats can do is asked for by the API's small interfaces. No format is named here.
 */
@NullMarked
package dev.backplane.disk.internal;

import org.jspecify.annotations.NullMarked;
