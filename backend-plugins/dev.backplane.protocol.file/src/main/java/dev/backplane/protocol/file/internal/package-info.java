/** Bytes of a disk in a file (file). */
@NullMarked
package dev.backplane.protocol.file.internal;

import org.jspecify.annotations.NullMarked;
