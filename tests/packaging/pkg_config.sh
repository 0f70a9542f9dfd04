#!/bin/sh
# pkg_config.sh PKG_CONFIG COMPILER PREFIX LIBDIR VERSION: programs that know of firth by pkg-config alone.
set -eu
pkg_config=$1 compiler=$2 prefix=$3 libdir=$4 version=$5
consumer=$(dirname "$0")/consumer
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
mkdir "$folder/moved"
cp -R "$prefix/include" "$folder/moved"
mkdir -p "$folder/moved/$libdir"
cp -R "$prefix/$libdir/pkgconfig" "$prefix/$libdir"/libfirth_dispatch.a "$folder/moved/$libdir"
export PKG_CONFIG_PATH="$folder/moved/$libdir/pkgconfig"
for package in firth firth-dispatch; do
    found=$("$pkg_config" --modversion $package)
    test "$found" = "$version" || { echo "$package.pc says version $found, expected $version"; exit 1; }
done
case $("$pkg_config" --cflags --libs firth firth-dispatch) in
*"$prefix"*) echo "the .pc files name the prefix, which they were moved away from"; exit 1 ;;
esac
warnings="-Wall -Wextra -Werror"
# shellcheck disable=SC2046
"$compiler" -std=c++20 -O0 -fsyntax-only $warnings $("$pkg_config" --cflags firth) "$consumer/main.cpp"
# shellcheck disable=SC2046
"$compiler" -std=c++20 -O0 $warnings "$consumer/dispatch.cpp" "$consumer/main.cpp" \
    $("$pkg_config" --cflags --libs firth-dispatch) -o "$folder/program"
"$folder/program"
