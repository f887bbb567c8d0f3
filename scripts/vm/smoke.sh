# The smoke: the package as users get it, without the tree, does what it is for; then a few tests of the tree.
set -e
packed=/run/vm/out/berkeley.tgz
place=$(mktemp -d)
mkdir -p "$place/node_modules/berkeley"
tar xzf $packed --strip-components=1 -C "$place/node_modules/berkeley"
cp test/packaging/program/program.mjs test/packaging/consumer/run.mjs test/packaging/consumer/run.cjs "$place"
cd "$place"
expect() {
  said=$("$1" "$2")
  echo "$2: $said"
  [ "$said" = "$3" ]
}
expect node run.mjs 'works from ESM'
expect node run.cjs 'works from CommonJS'
expect node program.mjs 'hello passed encrypts 192.0.2.1'
cd "$OLDPWD"
node scripts/check-binary.mjs "$place"/node_modules/berkeley/prebuilds/linux-"$(node -p process.arch)"*.node
exec node scripts/test.mjs stream/conversation.test stream/pass-fd.test tls/close.test
