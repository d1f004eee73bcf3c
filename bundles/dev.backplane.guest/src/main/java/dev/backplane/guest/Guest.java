package dev.backplane.guest;

import java.nio.file.Path;

/**
 * A guest that is ready to boot.
 *
 * @param release the kernel's release as its file name carries it, such as {@code 6.1.0-50-cloud-amd64}
 * @param kernel a bzImage
 * @param initrd an uncompressed initramfs whose {@code /init} understands {@link GuestArguments}
 */
public record Guest(String release, Path kernel, Path initrd) {}
