package dev.backplane.storage.qcow2.internal;

import dev.backplane.api.storage.StorageException;
import dev.backplane.api.storage.image.ImageDescription;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;

/** What an image tells about itself, in qemu-img's words. */
final class Describing {
    private Describing() {}

    static ImageDescription of(Image image, Header header) throws StorageException {
        Map<String, Object> details = new LinkedHashMap<>();
        boolean three = header.version() >= 3;
        details.put("compat", three ? "1.1" : "0.10");
        header.extension(Extension.DATA_FILE)
                .filter(each -> header.hasDataFile())
                .ifPresent(name -> {
                    details.put("data-file", name.text());
                    details.put("data-file-raw", (header.autoclear() & Header.DATA_FILE_RAW) != 0);
                });
        details.put("compression-type", header.compression() == 1 ? "zstd" : "zlib");
        if (three) {
            details.put("lazy-refcounts", (header.compatible() & Header.LAZY_REFCOUNTS) != 0);
        }
        List<Bitmaps.Bitmap> bitmaps = Bitmaps.read(image, header).bitmaps();
        if (!bitmaps.isEmpty()) {
            details.put("bitmaps", bitmaps.stream().map(Bitmaps.Bitmap::told).toList());
        }
        details.put("refcount-bits", 1 << header.refcountOrder());
        if (three) {
            details.put("corrupt", (header.incompatible() & Header.CORRUPT) != 0);
            details.put("extended-l2", header.extended());
        }
        if (header.isEncrypted()) {
            details.put("encrypt", Encryption.told(image, header));
        }
        return new ImageDescription(
                OptionalLong.empty(),
                OptionalLong.of(header.clusterBytes()),
                header.isEncrypted(),
                false,
                (header.incompatible() & Header.DIRTY) != 0,
                details);
    }
}
