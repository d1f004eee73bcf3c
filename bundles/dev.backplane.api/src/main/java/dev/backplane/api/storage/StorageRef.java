package dev.backplane.api.storage;

/**
 * An option that refers to a storage: a device's disk, or the layer on which another one stands. In the VM file it is a map with the type
 * of a format, protocol or filter and its options; the kernel makes a bay for it, and for what that refers to. {@code {format: F, file: PATH}}
 * is short for {@code {type: F, on: {type: file, path: PATH}}}, and {@code {..., filters: [{type: A}, {type: B}]}} for {@code {type: A, on:
 * {type: B, on: {...}}}}.
 *
 * <p>An option named {@code backing} refers to a disk that shows through and that nobody writes to, so that several disks may stand on it:
 * there, and below, an option {@code readOnly} is true unless the file says otherwise.
 *
 * @param bay the bay's identifier, for instance {@code disk0.disk}
 */
public record StorageRef(String bay) {}
