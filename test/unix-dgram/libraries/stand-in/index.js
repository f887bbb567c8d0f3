module.exports = require('berkeley/unix-dgram')
