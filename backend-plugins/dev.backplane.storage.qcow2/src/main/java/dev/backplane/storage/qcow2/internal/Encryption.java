package dev.backplane.storage.qcow2.internal;

import dev.backplane.api.part.ConfigurationException;
import dev.backplane.api.storage.ResizableStorage;
import dev.backplane.api.storage.StorageContext;
import dev.backplane.api.storage.StorageException;
import dev.backplane.image.luks.ByteSource;
import dev.backplane.image.luks.Luks;
import dev.backplane.image.luks.LuksHeader;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Where the LUKS header of an encrypted image is (docs/interop/qcow2, "Full disk encryption header pointer").
 *
 * @param offset in the image
 * @param bytes how long it is, with its key material
 */
record Encryption(long offset, long bytes) {
    static final int POINTER_BYTES = 16;

    static Encryption of(Image image, Header header) throws StorageException {
        Extension pointer = header.extension(Extension.ENCRYPTION)
                .orElseThrow(
                        () -> Image.corrupt("crypt_method %d without an encryption header".formatted(Header.LUKS)));
        if (pointer.bytes().length < POINTER_BYTES) {
            throw Image.corrupt("a pointer to the encryption header of %d bytes".formatted(pointer.bytes().length));
        }
        ByteBuffer at = ByteBuffer.wrap(pointer.bytes());
        Encryption found = new Encryption(at.getLong(0), at.getLong(8));
        if (found.offset <= 0
                || found.offset % header.clusterBytes() != 0
                || found.bytes <= 0
                || found.offset > image.bytes() - found.bytes) {
            throw Image.corrupt("an encryption header of %d bytes at 0x%x".formatted(found.bytes, found.offset));
        }
        return found;
    }

    static Extension pointer(long offset, long bytes) {
        return new Extension(
                Extension.ENCRYPTION,
                ByteBuffer.allocate(POINTER_BYTES)
                        .putLong(offset)
                        .putLong(bytes)
                        .array());
    }

    private ByteSource source(Image image) {
        return (at, target) -> image.read(offset + at, target);
    }

    private LuksHeader header(Image image) throws StorageException {
        return LuksHeader.read(source(image), bytes);
    }

    /** The disk's bytes, with the key that the passphrase gives. */
    static DataFile data(
            Image image,
            Header header,
            @Nullable ResizableStorage file,
            Optional<Path> passphrase,
            StorageContext context)
            throws ConfigurationException, StorageException {
        if (!header.isEncrypted()) {
            if (passphrase.isPresent()) {
                throw new ConfigurationException("passphrase: the image is not encrypted: leave this out");
            }
            return DataFile.plain(image, file);
        }
        Encryption encryption = of(image, header);
        LuksHeader luks = encryption.header(image);
        if (passphrase.isEmpty() && context.onlyDescribed()) {
            return DataFile.locked(image, file);
        }
        return DataFile.encrypted(image, file, Luks.open(luks, encryption.source(image), passphrase, context));
    }

    /** In qemu-img's words. */
    static Map<String, Object> told(Image image, Header header) throws StorageException {
        Map<String, Object> told =
                new LinkedHashMap<>(of(image, header).header(image).told());
        told.put("format", "luks");
        return told;
    }
}
