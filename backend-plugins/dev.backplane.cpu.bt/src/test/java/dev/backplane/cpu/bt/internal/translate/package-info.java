/** What is translated natively, by form. */
@NullMarked
package dev.backplane.cpu.bt.internal.translate;

import org.jspecify.annotations.NullMarked;
