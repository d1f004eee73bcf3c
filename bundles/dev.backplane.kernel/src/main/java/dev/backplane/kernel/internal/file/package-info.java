/** VM files: a tree with positions, bound part by part to the records of plugins. */
@NullMarked
package dev.backplane.kernel.internal.file;

import org.jspecify.annotations.NullMarked;
