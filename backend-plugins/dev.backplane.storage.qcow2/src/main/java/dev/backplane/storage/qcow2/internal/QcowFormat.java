package dev.backplane.storage.qcow2.internal;

import dev.backplane.api.part.ConfigurationException;
import dev.backplane.api.storage.ResizableStorage;
import dev.backplane.api.storage.Storage;
import dev.backplane.api.storage.StorageContext;
import dev.backplane.api.storage.StorageException;
import dev.backplane.api.storage.StorageException.Kind;
import dev.backplane.api.storage.StorageFormat;
import dev.backplane.api.storage.StorageFormatType;
import dev.backplane.api.storage.StorageLayer;
import dev.backplane.api.storage.image.CheckMode;
import dev.backplane.api.storage.image.CheckReport;
import dev.backplane.api.storage.image.CheckableFormat;
import dev.backplane.api.storage.image.CreatableFormat;
import dev.backplane.api.storage.image.ImageReference;
import dev.backplane.api.storage.image.ImageReference.Role;
import dev.backplane.api.storage.image.ImageTarget;
import dev.backplane.api.storage.image.RecognizableFormat;
import dev.backplane.api.storage.image.ReferringFormat;
import dev.backplane.image.UnchangedStorage;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.osgi.service.component.annotations.Component;

/** Disk images of QEMU. */
@Component
@StorageFormatType("qcow2")
public final class QcowFormat
        implements StorageFormat<QcowOptions, QcowState>,
                CreatableFormat<QcowCreation>,
                CheckableFormat<QcowOptions>,
                ReferringFormat,
                RecognizableFormat {
    @Override
    public StorageLayer<QcowState> open(QcowOptions options, StorageContext context)
            throws ConfigurationException, StorageException {
        Image image = new Image(context.storage(options.on()));
        Header header = Header.read(image);
        if (header.backing().isPresent() && options.backing().isEmpty()) {
            // A guest may have written that name: it is followed only where the admin says so.
            throw new ConfigurationException(
                    "backing: the image names the backing file \"%s\": say what it is, for instance backing: {format: %s, file: %s}"
                            .formatted(
                                    header.backing().get(),
                                    backingFormat(header)
                                            .filter(word -> word.matches("[a-z0-9]{1,16}"))
                                            .orElse("raw"),
                                    header.backing().get()));
        }
        if (header.backing().isEmpty() && options.backing().isPresent()) {
            throw new ConfigurationException("backing: the image has no backing file: leave this out");
        }
        boolean unclean = (header.incompatible() & (Header.DIRTY | Header.CORRUPT)) != 0;
        if (unclean && image.isWritable()) {
            throw new StorageException(
                    Kind.CORRUPT,
                    "the image was not closed, or is marked as damaged: check and repair it, or open it readOnly");
        }
        Storage backing = options.backing().isPresent()
                ? context.storage(options.backing().get())
                : null;
        DataFile data =
                Encryption.data(image, header, dataFile(header, options, context), options.passphrase(), context);
        boolean opened = false;
        try {
            QcowLayer layer = new QcowLayer(image, header, backing, data);
            opened = true;
            return layer;
        } finally {
            if (!opened) {
                data.close();
            }
        }
    }

    private static @org.jspecify.annotations.Nullable ResizableStorage dataFile(
            Header header, QcowOptions options, StorageContext context) throws ConfigurationException {
        if (header.hasDataFile() != options.dataFile().isPresent()) {
            throw new ConfigurationException(
                    header.hasDataFile()
                            ? "dataFile: the image keeps its bytes in the file \"%s\": say where it is, for instance dataFile: {type: file, path: %s}"
                                    .formatted(dataFileName(header), dataFileName(header))
                            : "dataFile: the image keeps its bytes in itself: leave this out");
        }
        return options.dataFile().isPresent()
                ? context.storage(options.dataFile().get())
                : null;
    }

    private static Optional<String> backingFormat(Header header) {
        return header.extension(Extension.BACKING_FORMAT).map(Extension::text);
    }

    private static String dataFileName(Header header) {
        return header.extension(Extension.DATA_FILE).map(Extension::text).orElse("");
    }

    @Override
    public StorageLayer<QcowState> restore(QcowOptions options, StorageContext context, QcowState state)
            throws ConfigurationException, StorageException {
        return open(options, context);
    }

    @Override
    public void create(QcowCreation options, ImageTarget target) throws ConfigurationException, StorageException {
        new ImageMaker(options, target).make();
    }

    @Override
    public CheckReport check(QcowOptions options, StorageContext context, CheckMode mode) throws StorageException {
        return Checker.check(new Image(context.storage(options.on())), mode);
    }

    @Override
    public List<ImageReference> references(Storage image) throws StorageException {
        Header header = Header.read(new Image(new UnchangedStorage(image)));
        List<ImageReference> found = new ArrayList<>();
        if (header.hasDataFile()) {
            found.add(new ImageReference("dataFile", Role.DATA, dataFileName(header), Optional.empty()));
        }
        header.backing()
                .ifPresent(name -> found.add(new ImageReference("backing", Role.BACKING, name, backingFormat(header))));
        return List.copyOf(found);
    }

    @Override
    public boolean recognizes(Storage image, String name) throws StorageException {
        if (image.capacityBytes() < 8) {
            return false;
        }
        byte[] first = new byte[8];
        image.read(0, MemorySegment.ofArray(first));
        return ByteBuffer.wrap(first).getInt(0) == Header.MAGIC
                && ByteBuffer.wrap(first).getInt(4) >= 2;
    }
}
