package dev.backplane.kernel.internal.disk;

import dev.backplane.api.part.ConfigurationException;
import dev.backplane.api.part.Resumption;
import dev.backplane.api.storage.ResizableStorage;
import dev.backplane.api.storage.StorageException;
import dev.backplane.api.storage.StorageLayer;
import dev.backplane.api.storage.StorageOpener;
import dev.backplane.api.storage.image.DiskRequest;
import dev.backplane.api.storage.image.ImageReference;
import dev.backplane.api.storage.image.ImageReference.Role;
import dev.backplane.api.storage.image.ReferringFormat;
import dev.backplane.kernel.internal.catalogue.Kind;
import dev.backplane.kernel.internal.catalogue.Offer;
import dev.backplane.kernel.internal.file.Mark;
import dev.backplane.kernel.internal.file.Node;
import dev.backplane.kernel.internal.file.PartReader;
import dev.backplane.kernel.internal.file.PartSpec;
import dev.backplane.kernel.internal.file.Scope;
import dev.backplane.kernel.internal.files.ImageFiles;
import java.lang.reflect.RecordComponent;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Opens the layers of one disk, from the bottom up. One thread, one disk. */
final class Opening {
    /** What makes a chain of images longer than this is a loop, or somebody who wants to use up what is opened. */
    private static final int LONGEST_CHAIN = 64;

    private static final String ON = "on";
    private static final String READ_ONLY = "readOnly";

    private final Types types;
    private final ImageFiles files;
    private final DiskRequest request;
    private final FolderRule rule;

    Opening(Types types, ImageFiles files, DiskRequest request, FolderRule rule) {
        this.types = types;
        this.files = files;
        this.request = request;
        this.rule = rule;
    }

    /** What a layer is opened with. */
    record Prepared(
            Offer offer,
            PartSpec spec,
            Record options,
            LooseContext context,
            Optional<Stack> image,
            Optional<Stack> backing,
            List<Stack> others,
            List<ImageReference> references) {
        void close() throws StorageException {
            context.close();
            for (Stack each : others) {
                each.close();
            }
            if (image.isPresent()) {
                image.get().close();
            }
            if (backing.isPresent()) {
                backing.get().close();
            }
        }
    }

    Stack open(PartSpec spec, boolean writable) throws ConfigurationException, StorageException {
        return open(spec, writable, 0);
    }

    private Stack open(PartSpec spec, boolean writable, int depth) throws ConfigurationException, StorageException {
        Prepared prepared = prepare(spec, writable, depth);
        boolean opened = false;
        try {
            Stack stack = start(prepared);
            opened = true;
            return stack;
        } finally {
            if (!opened) {
                prepared.close();
            }
        }
    }

    @SuppressWarnings("unchecked")
    private Stack start(Prepared it) throws ConfigurationException, StorageException {
        StorageOpener<Record, Record> opener = it.offer().factory(StorageOpener.class);
        StorageLayer<?> layer;
        try {
            layer = opener.open(it.options(), it.context());
        } catch (StorageException e) {
            throw new StorageException(e.kind(), location(it) + ": " + e.getMessage(), e);
        } catch (ConfigurationException e) {
            throw it.image().isEmpty() ? e : new ConfigurationException(location(it) + ": " + e.getMessage());
        }
        layer.resume(Resumption.STARTED);
        return new Stack(
                it.offer().type(),
                Types.qemuName(it.offer()),
                location(it),
                layer,
                it.context(),
                request.stable(),
                it.image(),
                it.backing(),
                it.others(),
                it.references());
    }

    private String location(Prepared it) {
        return it.image()
                .map(Stack::location)
                .or(() -> path(it.spec()).map(Path::toString))
                .orElse(request.location());
    }

    /** Where a protocol's layer says that its file is. */
    private static Optional<Path> path(PartSpec spec) {
        Node.@Nullable Entry path = spec.options().entries().get("path");
        return path != null && path.value() instanceof Node.Scalar scalar
                ? Optional.of(Path.of(scalar.text()))
                : Optional.empty();
    }

    /** Opens everything below a layer, and binds its options. */
    Prepared prepare(PartSpec spec, boolean writable, int depth) throws ConfigurationException, StorageException {
        if (depth > LONGEST_CHAIN) {
            throw new ConfigurationException("%s: more than %d images stand on each other: is it a loop?"
                    .formatted(request.location(), LONGEST_CHAIN));
        }
        Offer offer = types.resolve(spec);
        Map<String, Node.Entry> options = new LinkedHashMap<>(spec.options().entries());
        Below below = new Below();
        boolean prepared = false;
        try {
            Node.@Nullable Entry on = options.get(ON);
            if (offer.kind() == Kind.PROTOCOL) {
                declareReadOnly(offer, options, writable);
            } else if (on != null) {
                below.image = open(PartReader.storage(spec.id() + "." + ON, on.value(), ON), writable, depth);
                refer(offer, options, below, writable);
            }
            Prepared result = bind(offer, spec, options, below, writable, depth);
            prepared = true;
            return result;
        } finally {
            if (!prepared) {
                below.close();
            }
        }
    }

    private static void declareReadOnly(Offer offer, Map<String, Node.Entry> options, boolean writable) {
        if (!writable && component(offer, READ_ONLY).isPresent()) {
            options.put(READ_ONLY, entry("true"));
        }
    }

    private static Optional<RecordComponent> component(Offer offer, String name) {
        return Arrays.stream(offer.options().getRecordComponents())
                .filter(each -> each.getName().equals(name))
                .findFirst();
    }

    static Node.Entry entry(String text) {
        return new Node.Entry(Mark.NOWHERE, new Node.Scalar(Mark.NOWHERE, text, false));
    }

    /** Options as text: a dot in a name leads into a map. */
    static Map<String, Node.Entry> entries(Map<String, String> texts) {
        Map<String, Node.Entry> entries = new LinkedHashMap<>();
        Map<String, Map<String, String>> inner = new LinkedHashMap<>();
        texts.forEach((name, value) -> {
            int dot = name.indexOf('.');
            if (dot < 0) {
                entries.put(name, entry(value));
            } else {
                inner.computeIfAbsent(name.substring(0, dot), key -> new LinkedHashMap<>())
                        .put(name.substring(dot + 1), value);
            }
        });
        inner.forEach((name, values) ->
                entries.put(name, new Node.Entry(Mark.NOWHERE, new Node.Mapping(Mark.NOWHERE, entries(values)))));
        return entries;
    }

    private static Node.Mapping map(String... keysAndValues) {
        Map<String, Node.Entry> entries = new LinkedHashMap<>();
        for (int i = 0; i < keysAndValues.length; i += 2) {
            entries.put(keysAndValues[i], entry(keysAndValues[i + 1]));
        }
        return new Node.Mapping(Mark.NOWHERE, entries);
    }

    /** What the image names becomes options, unless they were given. */
    private void refer(Offer offer, Map<String, Node.Entry> options, Below below, boolean writable)
            throws ConfigurationException, StorageException {
        Stack image = below.image;
        if (image == null || !(offer.factory(StorageOpener.class) instanceof ReferringFormat referring)) {
            return;
        }
        try {
            below.references = referring.references(new Direct(image.storage(), request.stable()));
        } catch (StorageException e) {
            throw new StorageException(e.kind(), image.location() + ": " + e.getMessage(), e);
        }
        Path file = Path.of(image.location());
        Map<String, List<Node>> found = new LinkedHashMap<>();
        for (ImageReference each : below.references) {
            Optional<Map<String, Node.Entry>> more = more(options.get(each.option()));
            if (more.isPresent()) {
                found.computeIfAbsent(each.option(), name -> new ArrayList<>()).add(with(node(file, each), more.get()));
                below.roles.put(each.option(), each);
            }
        }
        for (var each : found.entrySet()) {
            boolean list = component(offer, each.getKey())
                    .map(component -> component.getType() == List.class)
                    .orElse(false);
            Node value = list
                    ? new Node.Sequence(Mark.NOWHERE, each.getValue())
                    : each.getValue().getFirst();
            options.put(each.getKey(), new Node.Entry(Mark.NOWHERE, value));
        }
    }

    /** What was said of a layer without saying which it is; empty where that was said, too. */
    private static Optional<Map<String, Node.Entry>> more(Node.@Nullable Entry given) {
        if (given == null) {
            return Optional.of(Map.of());
        }
        return given.value() instanceof Node.Mapping map
                        && !map.entries().containsKey("type")
                        && !map.entries().containsKey("format")
                ? Optional.of(map.entries())
                : Optional.empty();
    }

    /** A layer, and what else was said of it. */
    static Node.Mapping with(Node.Mapping named, Map<String, Node.Entry> more) {
        Map<String, Node.Entry> entries = new LinkedHashMap<>(named.entries());
        more.forEach(entries::putIfAbsent);
        return new Node.Mapping(Mark.NOWHERE, entries);
    }

    private Node.Mapping node(Path image, ImageReference reference) throws ConfigurationException {
        if (reference.role() == Role.BACKING) {
            if (request.alone()) {
                return map("type", "closed");
            }
            String format = reference
                    .format()
                    .orElseThrow(() -> new ConfigurationException(
                            "%s: it does not say which format its backing file \"%s\" has: tell it with disk rebase -u"
                                    .formatted(image, reference.name())));
            return map(
                    "format",
                    format,
                    "file",
                    rule.follow(image, reference.name()).toString());
        }
        return map("type", "file", "path", rule.follow(image, reference.name()).toString());
    }

    /** The layers below one. */
    private static final class Below {
        private @Nullable Stack image;
        private @Nullable Stack backing;
        private final List<Stack> others = new ArrayList<>();
        private List<ImageReference> references = List.of();
        private final Map<String, ImageReference> roles = new HashMap<>();

        void close() throws StorageException {
            for (Stack each : others) {
                each.close();
            }
            if (image != null) {
                image.close();
            }
            if (backing != null) {
                backing.close();
            }
        }
    }

    private Prepared bind(
            Offer offer, PartSpec spec, Map<String, Node.Entry> options, Below below, boolean writable, int depth)
            throws ConfigurationException, StorageException {
        Scope scope = new Scope(Path.of("").toAbsolutePath(), spec.id());
        Record bound = offer.binder().bind(offer.options(), new Node.Mapping(Mark.NOWHERE, options), "", scope);
        Map<String, ResizableStorage> layers = new HashMap<>();
        for (PartSpec nested : scope.nested()) {
            layers.put(nested.id(), layer(nested, spec.id(), below, writable, depth));
        }
        return new Prepared(
                offer,
                spec,
                bound,
                new LooseContext(spec.id(), files, !request.shared(), request.onlyDescribed(), layers),
                Optional.ofNullable(below.image),
                Optional.ofNullable(below.backing),
                List.copyOf(below.others),
                below.references);
    }

    private ResizableStorage layer(PartSpec nested, String id, Below below, boolean writable, int depth)
            throws ConfigurationException, StorageException {
        String option = nested.id().substring(id.length() + 1);
        Stack image = below.image;
        if (option.equals(ON) && image != null) {
            return new Direct(image.storage(), request.stable());
        }
        ImageReference reference = below.roles.get(option);
        if (reference != null && reference.role() == Role.BACKING && request.alone()) {
            return new ClosedBacking(reference.name());
        }
        boolean isBacking = option.equals("backing") || reference != null && reference.role() == Role.BACKING;
        Stack opened = open(nested, writable && !isBacking, depth + 1);
        if (isBacking) {
            below.backing = opened;
        } else {
            below.others.add(opened);
        }
        return new Direct(opened.storage(), request.stable());
    }
}
