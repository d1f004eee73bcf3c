package dev.backplane.storage.vmdk.internal;

import dev.backplane.api.part.ConfigurationException;
import dev.backplane.api.storage.Storage;
import dev.backplane.api.storage.StorageContext;
import dev.backplane.api.storage.StorageException;
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
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.osgi.service.component.annotations.Component;

/** Disk images of VMware. */
@Component
@StorageFormatType("vmdk")
public final class VmdkFormat
        implements StorageFormat<VmdkOptions, VmdkState>,
                CreatableFormat<VmdkCreation>,
                CheckableFormat<VmdkOptions>,
                RecognizableFormat,
                ReferringFormat {
    @Override
    public StorageLayer<VmdkState> open(VmdkOptions options, StorageContext context)
            throws ConfigurationException, StorageException {
        return VmdkLayer.of(Disk.open(options, context));
    }

    @Override
    public StorageLayer<VmdkState> restore(VmdkOptions options, StorageContext context, VmdkState state)
            throws ConfigurationException, StorageException {
        return open(options, context);
    }

    @Override
    public void create(VmdkCreation options, ImageTarget target) throws ConfigurationException, StorageException {
        NewImage.write(options, target);
    }

    @Override
    public CheckReport check(VmdkOptions options, StorageContext context, CheckMode mode)
            throws ConfigurationException, StorageException {
        return VmdkCheck.run(Disk.open(options, context), mode);
    }

    private static byte[] first(Storage image, int most) throws StorageException {
        byte[] first = new byte[(int) Math.min(most, image.capacityBytes())];
        image.read(0, MemorySegment.ofArray(first));
        return first;
    }

    @Override
    public boolean recognizes(Storage image, String name) throws StorageException {
        byte[] first = first(image, Descriptor.SECTOR);
        return first.length >= 4
                && (SparseHeader.isMark(ByteBuffer.wrap(first))
                        || Descriptor.isText(new String(first, StandardCharsets.ISO_8859_1)));
    }

    @Override
    public List<ImageReference> references(Storage image) throws StorageException {
        byte[] first = first(image, Descriptor.MOST_BYTES);
        List<ImageReference> references = new ArrayList<>();
        Descriptor descriptor;
        if (first.length >= SparseHeader.BYTES && SparseHeader.isMark(ByteBuffer.wrap(first))) {
            Optional<byte[]> text = SparseHeader.descriptor(image, first);
            if (text.isEmpty()) {
                return List.of();
            }
            descriptor = Descriptor.parse(text.get());
        } else {
            descriptor = Descriptor.parse(first);
            for (String file : descriptor.files()) {
                references.add(new ImageReference("extents", Role.PART, file, Optional.empty()));
            }
        }
        if (descriptor.hasParent()) {
            references.add(new ImageReference("backing", Role.BACKING, descriptor.parentName(), Optional.of("vmdk")));
        }
        return List.copyOf(references);
    }
}
