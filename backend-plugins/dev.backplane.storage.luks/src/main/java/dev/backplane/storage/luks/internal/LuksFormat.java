package dev.backplane.storage.luks.internal;

import dev.backplane.api.part.ConfigurationException;
import dev.backplane.api.storage.ResizableStorage;
import dev.backplane.api.storage.Storage;
import dev.backplane.api.storage.StorageContext;
import dev.backplane.api.storage.StorageException;
import dev.backplane.api.storage.StorageFormat;
import dev.backplane.api.storage.StorageFormatType;
import dev.backplane.api.storage.StorageLayer;
import dev.backplane.api.storage.image.CreatableFormat;
import dev.backplane.api.storage.image.ImageTarget;
import dev.backplane.api.storage.image.RecognizableFormat;
import dev.backplane.image.luks.EncryptedBytes;
import dev.backplane.image.luks.Luks;
import dev.backplane.image.luks.LuksChoice;
import dev.backplane.image.luks.LuksHeader;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import org.osgi.service.component.annotations.Component;

/** Disks that are encrypted as a whole: a header, and behind it every sector at its place. */
@Component
@StorageFormatType("luks")
public final class LuksFormat
        implements StorageFormat<LuksOptions, LuksState>, CreatableFormat<LuksCreation>, RecognizableFormat {
    @Override
    public StorageLayer<LuksState> open(LuksOptions options, StorageContext context)
            throws ConfigurationException, StorageException {
        Payload whole = new Payload(context.storage(options.on()), 0);
        LuksHeader header = LuksHeader.read(whole, whole.capacityBytes());
        Payload payload = new Payload(whole.image(), header.payloadOffset());
        EncryptedBytes disk = options.passphrase().isEmpty() && context.onlyDescribed()
                ? null
                : new EncryptedBytes(payload, Luks.open(header, whole, options.passphrase(), context));
        return new LuksLayer(header, payload, disk);
    }

    @Override
    public StorageLayer<LuksState> restore(LuksOptions options, StorageContext context, LuksState state)
            throws ConfigurationException, StorageException {
        return open(options, context);
    }

    /** All of it is written, with zeros: what has never been written would read as anything. */
    @Override
    public void create(LuksCreation options, ImageTarget target) throws ConfigurationException, StorageException {
        if (target.backing().isPresent()) {
            throw new ConfigurationException("a luks image has no room for the name of a backing file");
        }
        LuksChoice choice = new LuksChoice(options.cipherAlg(), options.hashAlg(), options.iterTime());
        Luks.Made made = Luks.make(choice, options.passphrase());
        ResizableStorage image = target.image();
        int payload = made.header().length;
        try (EncryptedBytes disk = new EncryptedBytes(new Payload(image, payload), made.key())) {
            image.resize(payload + target.capacityBytes());
            disk.zero(0, target.capacityBytes());
            image.flush();
            image.write(0, MemorySegment.ofArray(made.header()));
            image.flush();
        }
    }

    @Override
    public boolean recognizes(Storage image, String name) throws StorageException {
        if (image.capacityBytes() < LuksHeader.BYTES) {
            return false;
        }
        byte[] first = new byte[8];
        image.read(0, MemorySegment.ofArray(first));
        return LuksHeader.recognizes(ByteBuffer.wrap(first));
    }
}
