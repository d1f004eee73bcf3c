/** From guest instructions to host instructions, block by block. */
@NullMarked
package dev.backplane.cpu.bt.internal.translate;

import org.jspecify.annotations.NullMarked;
