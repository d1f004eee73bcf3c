/**
 * What formats of disk images have in common, for plugins that read and write them: {@link dev.backplane.image.ImageBytes ImageBytes} is the
 * layer below as tables see it, {@link dev.backplane.image.TablePages TablePages} and {@link dev.backplane.image.TableArray TableArray}
 * keep tables in memory, {@link dev.backplane.image.BlockStorage BlockStorage} is a disk of blocks that a {@link
 * dev.backplane.image.BlockTable BlockTable} finds and that are added at the end of the image, {@link dev.backplane.image.Backing Backing} what
 * shows through where there is none, and {@link dev.backplane.image.ImageLayer
 * ImageLayer} makes a layer of it.
 *
 * <p>Images are hostile: tables are read a page at a time, and nothing is allocated or walked by a length that an image states. Requests
 * come on any thread; a {@code BlockStorage} calls its table under its own monitor.
 */
@Export
@Version("1.2.0")
@NullMarked
package dev.backplane.image;

import org.jspecify.annotations.NullMarked;
import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
